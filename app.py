"""The server: Streamlit's pages, behind the frame, as one ASGI application.

``streamlit run app.py`` serves ``pages/_ui/frame.py`` as the main script. Because that script lies in
``pages/_ui``, Streamlit's automatic page detection finds nothing, and no page can be reached around the
frame.
"""

from pages._ui.server import make_app

app = make_app()
