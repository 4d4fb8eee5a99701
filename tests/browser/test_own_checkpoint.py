"""A checkpoint of a person's own in a browser: chosen from a folder, reported on, looked with, in the address."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch
from PIL import Image
from playwright.sync_api import expect
from safetensors.torch import save_file

from tests.browser.conftest import OpenAt, serving, settle
from tests.browser.viewing import canvas, look, viewer
from tests.models.published_files import resnet38d_state
from wsss_viz.app.settings import FOLDER_VARIABLE, PICKLE_VARIABLE, UPLOAD_VARIABLE

# The app with time to read an upload in: that starts a process, which takes many seconds where all cores are busy.
PATIENT = """
from wsss_viz.__main__ import main
from wsss_viz.app.services import user_networks

user_networks.UPLOAD_SECONDS = 240
main()
"""


def test_ones_own_checkpoint_is_chosen_reported_on_and_looked_with(open_at: OpenAt, tmp_path: Path) -> None:
    save_file(dict(resnet38d_state(seed=1)), tmp_path / "od_cam.safetensors")
    state = dict(resnet38d_state())
    del state["fc8.weight"]
    save_file(state, tmp_path / "backbone.safetensors")
    large = tmp_path / "best.pth.tar"
    torch.save({"state_dict": dict(resnet38d_state(seed=1)), "momentum": torch.zeros(2_900_000)}, large)
    assert 11 * 2**20 < large.stat().st_size < 13 * 2**20
    with serving(
        sys.executable, "-c", PATIENT, **{FOLDER_VARIABLE: str(tmp_path), UPLOAD_VARIABLE: "1", PICKLE_VARIABLE: "1"}
    ) as own:
        page = open_at("/own?photograph=flower&methods=cam", base=own)
        shipped = look(page, 1)
        page.get_by_role("combobox", name="Network").click()
        page.get_by_role("option", name="od_cam.safetensors").click()
        expect(page).to_have_url(re.compile(r"checkpoint=od_cam\.safetensors"))
        expect(page.get_by_text("ResNet-38d of PSA, stride 8")).to_be_visible()
        expect(page.get_by_text("192 of 192 matched")).to_be_visible()
        expect(page.get_by_text(re.compile(r"GAP\(maps\) = logits"))).to_be_visible()
        expect(viewer(page)).to_be_visible()
        settle(page)
        expect(viewer(page).get_by_role("radio", name="tvmonitor")).to_have_count(1)
        assert look(page, 1) != shipped
        viewer(page).get_by_role("radio", name="aeroplane").click()
        expect(page).to_have_url(re.compile(r"class=aeroplane"))

        other = open_at(page.url.removeprefix(own), base=own)
        expect(other.get_by_text("192 of 192 matched")).to_be_visible()
        expect(viewer(other).get_by_role("radio", name="aeroplane")).to_have_attribute("aria-checked", "true")
        expect(canvas(other, 1)).to_be_visible()

        page.close()
        other.close()
        page = open_at("/own?checkpoint=backbone.safetensors&photograph=flower&methods=cam", base=own)
        expect(page.get_by_test_id("stAlert")).to_contain_text("a backbone without a classifier")
        picture, checkpoint = page.locator("input[type=file]").nth(0), page.locator("input[type=file]").nth(1)
        checkpoint.set_input_files(large)
        expect(page.get_by_text("192 of 192 matched")).to_be_visible()
        for number, name in enumerate(("a.JPG", "b.jfif", "c.jpeg")):
            size = 60 + number, 40
            Image.new("RGB", size, "red").save(tmp_path / name, "JPEG")
            picture.set_input_files(tmp_path / name)
            expect(page.get_by_text(name, exact=True).first).to_be_visible()
            expect(viewer(page).get_by_text(f"seen at {size[0]} x 40", exact=True)).to_be_visible()
        assert "Traceback" not in page.content()
        page.close()
