"""The server: Streamlit's pages, behind the frame, as one ASGI application.

``streamlit run app.py`` serves ``pages/_ui/frame.py`` as the main script. Because that script lies in
``pages/_ui``, Streamlit's automatic page detection finds nothing, and no page can be reached around the
frame.
"""

import streamlit as st

from pages._ui.server import FRAME, options

# `streamlit run` looks for this very call in the text of the file; without it the file runs as a script.
app = st.App(FRAME, **options())
