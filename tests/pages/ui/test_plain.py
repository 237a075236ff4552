"""Foreign texts are shown letter by letter."""

import pytest

from pages._ui.plain import code, plain

J = "\u2060"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lungs (AP), 3 to 5 mm; Apache-2.0: yes", "Lungs (AP), 3 to 5 mm; Apache-2.0: yes"),
        ("![a](http://x.y/z.png)", rf"!\[a\](http:{J}//x.y/z.png)"),
        ("<img src='//x'>", r"\<img src='//x'\>"),
        ("&#33;&lt;", r"\&#33;\&lt;"),
        ("*a* __b__ ~~c~~ `d` $e$", r"\*a\* \_\_b\_\_ \~\~c\~\~ \`d\` \$e\$"),
        ("AB_C a__b _d_e_", r"AB_C a\_\_b \_d_e\_"),
        (r"\[a](b)", r"\\\[a\](b)"),
        ("one\n\n    two\n# three", "one two # three"),
        ("# one", r"\# one"),
        ("- one", r"\- one"),
        ("--- one", r"\--- one"),
        ("1. one", r"1\. one"),
        ("12) one", r"12\) one"),
        ("1.5 mm", r"1\.5 mm"),
        (":red[a] :smile: :material/home:", rf":{J}red\[a\] :{J}smile: :{J}material/home:"),
        ("::: note", f":{J}:{J}: note"),
        ("www.x.y a@x.y", f"www{J}.x.y a@{J}x.y"),
        ("", ""),
    ],
)
def test_every_sign_stands_for_itself(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("tiny_model", "`tiny_model`"), ("a`![x](y)", "`` a`![x](y) ``"), ("a\n\n``b", "``` a ``b ```")],
)
def test_no_name_leaves_its_code(text, shown):
    assert code(text) == shown
