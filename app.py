"""The front door: the server, its routes, and what is loaded when it starts. The pages begin in app_pages/menu.py."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app_pages.server.front import FrontPage
from app_pages.server.messages import MessageCheck
from app_pages.server.routes import routes
from app_pages.server.sockets import SocketLimit
from app_pages.server.start import lifespan
from app_pages.server.uploads import UploadLimit

app = st.App(
    Path(__file__).parent / "app_pages" / "menu.py",
    routes=routes(),
    middleware=[Middleware(FrontPage), Middleware(SocketLimit), Middleware(MessageCheck), Middleware(UploadLimit)],
    lifespan=lifespan,
)
