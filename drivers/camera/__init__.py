"""RTSP cameras: pictures live or lost, and people crossing the lines watched in them.

driver.py starts one capture process (worker.py) with a thread for each camera (watch.py), which
reads the stream (reader.py), finds what moves (motion.py), whether it crosses a tripwire
(crossing.py), and keeps the picture (snapshot.py). messages.py is what the two processes say.
"""
