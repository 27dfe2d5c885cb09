"""The page in a real browser: no network, no sideways scrolling on a phone, keys, scripts off."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claims.page.site import write_runs
from claims.reading import run_of
from tests.claims.page.pages import example, toy_run

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
CHROME = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROME and DRIVER), reason="no chromium with a chromedriver on this machine"
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    folder = tmp_path_factory.mktemp("page")
    write_runs(folder, [run_of(example(), "report.json"), toy_run(salt=1)], "7 of 9 claims")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROME)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.get(f"file://{folder}/index.html")
    yield driver
    driver.quit()


def screen(browser: Any, width: int, height: int = 800) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def test_nothing_but_the_page_is_asked_for_and_nothing_goes_wrong(browser: Any) -> None:
    lines = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    sent = [line["params"] for line in lines if line["method"] == "Network.requestWillBeSent"]
    # The browser's own first page asks for much; ours asks for itself.
    ours = [x["request"]["url"] for x in sent if x["documentURL"].endswith("/index.html")]
    assert ours
    assert all(url.endswith("/index.html") and url.startswith("file:") for url in ours)
    assert browser.get_log("browser") == []  # no blocked script, no broken style


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_does_not_scroll_sideways(browser: Any, width: int) -> None:
    screen(browser, width)
    browser.execute_script("document.querySelectorAll('details').forEach(x => x.open = true)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_keys_lead_through_the_claims_and_the_filter_hides_the_others(browser: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(keys: str) -> None:
        ActionChains(browser).send_keys(keys).perform()

    screen(browser, 1280)
    press("/")
    assert browser.execute_script("return document.activeElement.id") == "filter"
    press("saddle refuted")
    shown = browser.execute_script(
        "return [...document.querySelectorAll('article.claim')]"
        ".filter(x => !x.hidden).map(x => x.id)"
    )
    assert shown
    assert all(name.startswith("lee2016.") for name in shown)
    papers = browser.execute_script(
        "return [...document.querySelectorAll('section[id^=paper-]:not([hidden])')].map(x => x.id)"
    )
    assert papers == ["paper-lee2016"]
    press(Keys.TAB)  # Escape clears the filter from anywhere
    press(Keys.ESCAPE)
    assert browser.execute_script("return document.querySelectorAll('[hidden]').length") == 0
    press("j")
    first = browser.execute_script("return document.activeElement.id")
    press("j")
    second = browser.execute_script("return document.activeElement.id")
    press("k")
    assert first != second
    assert browser.execute_script("return document.activeElement.id") == first


def test_a_link_is_seen_when_it_has_the_focus(browser: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.refresh()
    ActionChains(browser).send_keys(Keys.TAB).perform()
    text, outline = browser.execute_script(
        "const x = document.activeElement; return [x.textContent, getComputedStyle(x).outlineWidth]"
    )
    assert text.startswith("Skip to")
    assert outline == "3px"


def test_mathematics_is_drawn_as_mathematics(browser: Any) -> None:
    names = browser.execute_script(
        "return [...new Set([...document.querySelectorAll('math')].map(x => x.namespaceURI))]"
    )
    assert names == ["http://www.w3.org/1998/Math/MathML"]
    wide = browser.execute_script(
        "return [...document.querySelectorAll('.statement math')]"
        ".filter(x => x.getBoundingClientRect().width < 2).length"
    )
    assert wide == 0


def test_a_screenshot_is_no_blank_sheet(browser: Any, tmp_path: Path) -> None:
    screen(browser, 1100, 1400)
    browser.execute_script("document.getElementById('paper-lee2016').scrollIntoView()")
    # Looked at by a person when PROVABLY_SCREENSHOTS names a folder.
    folder = Path(os.environ.get("PROVABLY_SCREENSHOTS", tmp_path))
    file = folder / "report.png"
    assert browser.save_screenshot(str(file))
    assert file.stat().st_size > 20_000


def test_the_page_reads_without_scripts(browser: Any) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.refresh()
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    hidden = browser.execute_script("return document.querySelectorAll('article[hidden]').length")
    tools = browser.execute_script(
        "return getComputedStyle(document.querySelector('.tools')).display"
    )
    assert (hidden, tools) == (0, "none")
