"""The viewer alone on a page, with a case of known truth; the same server as the dashboard's."""

import streamlit as st

from pages._ui.server import options
from tests.stage.served import SCRIPT

app = st.App(SCRIPT, **options())
