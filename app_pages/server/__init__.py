"""What the server does beside serving pages: the API, answers while a pen moves, scripts for the browser, and its start."""

from app_pages.server.routes import routes
from app_pages.server.start import lifespan

__all__ = ["lifespan", "routes"]
