"""What the server does beside serving pages: the API, answers while a pen moves, scripts for the browser, and its start."""
