"""A file's button knows its kind by the name."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    from wsss_viz.app.widgets.buttons import file_button

    for ending in ("csv", "gif", "json", "npz", "pdf", "png", "svg"):
        file_button(f"One {ending}", f"a.b.{ending}", b"x", meaning="what it is")
    file_button("Printed", "c.pdf", b"y", icon="print", key="printed")


def test_each_kind_has_its_icon_and_no_click_runs_the_page() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    buttons = app.get("download_button")
    assert [button.proto.icon.split("/")[1].rstrip(":") for button in buttons] == [
        "table_chart",
        "gif_box",
        "data_object",
        "data_array",
        "picture_as_pdf",
        "image",
        "shapes",
        "print",
    ]
    assert all(button.proto.ignore_rerun for button in buttons)
    assert buttons[0].proto.help == "what it is"


def test_an_unknown_kind_is_a_defect_of_the_caller() -> None:
    from wsss_viz.app.widgets.buttons import file_button

    with pytest.raises(KeyError):
        file_button("Word", "a.docx", b"")
