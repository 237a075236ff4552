"""A page of foreign texts, in all that reads Markdown."""

import streamlit as st

from pages._ui.plain import code, plain

IMAGE = "![a](http://outside.example/a.png)"
TEXTS = (
    IMAGE,
    "<img src=http://outside.example/b.png>",
    "[a]: http://outside.example/c.png ![a]",
    "[press](http://outside.example) http://outside.example www.outside.example a@outside.example",
    "*a* _b_ __c__ ~~d~~ `e` $x^2$ $$y$$ &lt;&#33;",
    ":red[a] :material/home: :smile: :streamlit: :small[b]",
    "# one",
    "1. one",
    "- one",
    "> one",
    "| a | b | |---|---| | 1 | 2 |",
    "::: note",
    r"C:\new\[a](b) \* 3:4, Apache-2.0, a_b_c; (PA)",
)
SINKS = {
    "caption": st.caption,
    "write": st.write,
    "warning": st.warning,
    "error": st.error,
    "subheader": lambda text: st.subheader(text, anchor=False),
    "button": st.button,
    "expander": lambda text: st.expander(text).caption("inside"),
    "progress": lambda text: st.progress(0.5, text=text),
    "slider": lambda text: st.slider(text, 0, 1),
    "table": lambda text: st.table([{"one": text}]),
    "bold": lambda text: st.markdown(f"**{text}**"),
    "list": lambda text: st.markdown(f"- {text}\n- more"),
    "tabs": lambda text: st.tabs([text, "other"]),
    "menu": lambda text: st.menu_button("menu", [text]),
}


def page() -> None:
    """Draw it; ``selectbox`` and ``dataframe`` are given the text as it is."""
    for number, text in enumerate(TEXTS):
        with st.container(key=f"text-{number}"):
            st.markdown(plain(text))
    for name, sink in SINKS.items():
        with st.container(key=f"sink-{name}"):
            sink(plain(IMAGE))
    with st.container(key="sink-code"):
        st.markdown(code(IMAGE))
    with st.container(key="sink-selectbox"):
        st.selectbox("one", [IMAGE])
    st.dataframe([{"one": IMAGE}])


if __name__ == "__main__":
    page()
