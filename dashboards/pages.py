"""The operator pages, mounted beside the API."""

from fastapi import FastAPI

from gateway.services import Services


def mount_pages(api: FastAPI, services: Services) -> None:
    """Add the pages to the application."""
