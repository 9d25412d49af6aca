"""Home Assistant discovery: what devices say of themselves, as proposals for the site file.

An engineer reviews a proposal and puts it there: that is the approval. Nothing on a broker changes
what a gateway does.
"""
