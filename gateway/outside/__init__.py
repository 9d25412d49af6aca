"""Telling people and systems outside: notices, webhooks, the heartbeat."""
