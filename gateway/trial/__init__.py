"""Rules tried on what has been, before they go live."""
