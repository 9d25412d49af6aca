"""What the capture process is compared with: streams decoded, and nothing done with the pictures.

    python -m tests.benchmarks.bare_camera URL…

A PyAV loop in a thread for each stream. Prints how many pictures each has had, again and again.
"""

import sys
import threading
import time
from collections import Counter

import av

_TOLD_EVERY_S = 0.2


def main() -> None:
    """Until it is ended from outside."""
    pictures = Counter[str]()

    def watch(url: str) -> None:
        options = {"rtsp_transport": "tcp", "analyzeduration": "0", "probesize": "32"}
        with av.open(url, options=options) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for _ in container.decode(stream):
                pictures[url] += 1

    for url in sys.argv[1:]:
        threading.Thread(target=watch, args=(url,), daemon=True).start()
    while True:
        time.sleep(_TOLD_EVERY_S)
        print(*(pictures[url] for url in sys.argv[1:]), flush=True)


if __name__ == "__main__":
    main()
