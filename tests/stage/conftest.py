"""The stage's scripts are run by Streamlit, not collected."""

collect_ignore = ["app.py", "page.py"]
