"""The report in a real Chromium: nothing goes wrong, sorting and filtering work by mouse and keyboard, it fits a phone."""

import pytest

from tests.browser import CHROMIUM, Browser
from tests.made_report import CONFIG, ORDER_DEPENDENCE, model_rows, write_inputs
from tests.many_networks import scores
from workflow.lib.plugins import ROOT
from workflow.lib.tables import write_table
from workflow.parts.last_layers import last_layer_table
from workflow.parts.report_html import html_table
from workflow.scripts.write_report import write_report

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome is installed")
TABLE = "document.querySelector('#last-layers table')"
VALUE_ORDER = sorted(ORDER_DEPENDENCE, key=ORDER_DEPENDENCE.get)
CONTRASTS = """(() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const found = {};
  for (const e of document.body.querySelectorAll('*')) {
    if (['SCRIPT', 'STYLE'].includes(e.tagName) ||
        ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [luminance(rgb(getComputedStyle(e).color)), luminance(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    found[e.tagName] = Math.min(ratio, found[e.tagName] ?? 99);
  }
  return found;
})()"""  # WCAG 2.1: relative luminance and contrast ratio


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    path.write_text(write_report(write_inputs(folder), ["shapes"], ["shapes", "lessons"], CONFIG)[0])
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def networks(browser):
    """Names in the first column of the table of last layers, as they stand, without those that are hidden."""
    return browser.run(f"[...{TABLE}.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[0].textContent.split(' ')[0])")


def heading(name):
    return f"[...{TABLE}.tHead.rows[0].cells].find(c => c.textContent.startsWith('{name}'))"


def test_the_driver_sees_what_goes_wrong(browser, tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text('<img src="not_there.png"><script>console.error("no"); thisIsNotDefined();</script>')
    browser.open(broken)
    kinds = {"exceptionDetails", "errorText", "args"}
    assert kinds <= {key for problem in browser.problems for key in problem}
    browser.problems.clear()


def test_nothing_goes_wrong_and_the_pictures_load(browser, page):
    browser.open(page)
    pictures = browser.run("[...document.images].map(i => [i.complete, i.naturalWidth, i.alt])")
    assert len(pictures) == 2 and all(done and width > 500 and len(alt) > 20 for done, width, alt in pictures)
    vector = browser.run(
        "new Promise((ok, no) => Object.assign(new Image(), {onload() { ok(this.naturalWidth) }, onerror: no,"
        " src: document.querySelector('figcaption a').href}))"
    )
    assert vector > 500 and browser.problems == []


def test_a_click_sorts_by_numbers_and_a_second_one_the_other_way(browser, page):
    browser.open(page)
    assert networks(browser) == list(ORDER_DEPENDENCE)
    assert browser.run(f"[...{TABLE}.tHead.rows[0].cells].every(c => c.querySelector('button'))")
    for order, said in ((VALUE_ORDER, "ascending"), (VALUE_ORDER[::-1], "descending"), (VALUE_ORDER, "ascending")):
        browser.run(f"{heading('order-dependence')}.querySelector('button').click()")
        assert networks(browser) == order
        assert browser.run(f"{heading('order-dependence')}.ariaSort") == said
    browser.run(f"{heading('network')}.querySelector('button').click()")
    assert networks(browser) == sorted(ORDER_DEPENDENCE)
    assert browser.run(f"{TABLE}.querySelectorAll('[aria-sort]').length") == 1


def test_whole_numbers_of_different_length_are_sorted_as_numbers(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('#networks th').forEach(h => h.textContent === 'parameters' && h.firstChild.click())")
    cells = browser.run("[...document.querySelector('#networks tbody').rows].map(r => r.cells[2].textContent)")
    assert cells == ["9", "54", "99", "144", "189", "234"]


def test_what_is_missing_stands_last_in_both_directions(browser, page):
    browser.open(page)
    cell = f"{TABLE}.tBodies[0].rows[2].cells[{heading('order-dependence')}.cellIndex]"
    browser.run(f"{cell}.textContent = ''")
    for _ in range(2):
        browser.run(f"{heading('order-dependence')}.querySelector('button').click()")
        assert networks(browser)[-1] == "keen"


def test_the_keyboard_sorts_filters_and_skips(browser, page):
    browser.open(page)
    browser.press("Tab")
    assert browser.run("document.activeElement.hash") == "#answer"
    browser.run("document.querySelector('#last-layers input').focus()")
    for letter in "plain":
        browser.press(letter, letter)
    assert networks(browser) == ["plain-1", "plain-2"]
    assert browser.run("document.querySelector('#last-layers output').textContent") == "2 of 6"
    browser.press("Tab")  # the region that scrolls
    assert browser.run("document.activeElement.getAttribute('role')") == "region"
    browser.press("Tab")  # the first heading
    assert browser.run("document.activeElement.closest('th').textContent") == "network"
    browser.press("Enter", "\r")
    browser.press("Enter", "\r")
    assert networks(browser) == ["plain-2", "plain-1"]
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_table_of_networks_is_filtered_however_short_it_is(browser, tmp_path):
    files, page = write_inputs(tmp_path), tmp_path / "report.html"
    write_table(tmp_path / "models.parquet", "models", model_rows(["keen", "blind"]))
    page.write_text(write_report(files, ["shapes"], ["shapes", "lessons"], CONFIG)[0])
    browser.open(page)
    assert browser.run("document.querySelectorAll('#claims input').length") == 0  # of three rows
    browser.run("document.querySelector('#networks input').focus()")
    for letter in "keen":
        browser.press(letter, letter)
    assert browser.run("[...document.querySelectorAll('#networks tbody tr')].map(row => row.hidden)") == [False, True]


def test_the_table_of_last_layers_is_as_wide_as_a_page(browser, tmp_path):
    """Of three metrics, networks with long names and intervals in every cell, on a window of 1,200 pixels."""
    table = last_layer_table(scores(3).assign(training="resources/weights/SLOW_8x8_R50.pyth, then diving48, 15,024 steps"))
    style, page = (ROOT / "workflow/report/report.css").read_text(), tmp_path / "page.html"
    page.write_text(f"<style>{style}</style><body><div class='scroll'>{html_table(table)}</div>")
    browser.open(page, width=1200)
    inside, needed = browser.run("(b => [b.clientWidth, b.scrollWidth])(document.querySelector('.scroll'))")
    assert needed <= inside and "videos" in browser.run("document.querySelector('thead').textContent")
    browser.open(page, width=600)  # an interval stays on one line
    cell = browser.run("document.querySelector('tbody td:not(.words)').textContent")
    assert cell.count(" ") == 1 and cell.split(" ")[1].startswith("[")
    browser.open(page, width=380)  # a phone shows the first number without being moved
    right = "document.querySelector('tbody td:not(.words)').getBoundingClientRect().right"
    assert browser.run(right) <= 380


def test_it_fits_a_phone_and_the_first_column_stays(browser, page):
    browser.open(page, width=380)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run("document.documentElement.scrollWidth") <= 380
    lefts = browser.run(
        f"(() => {{ const box = {TABLE}.closest('.scroll'); box.scrollLeft = 300; const own = box.getBoundingClientRect().left;"
        f" const cells = [...{TABLE}.tBodies[0].rows[0].cells].slice(0, 2);"
        " return [box.scrollLeft, ...cells.map(cell => cell.getBoundingClientRect().left - own)] })()"
    )
    assert lefts[0] == 300 and lefts[1] == pytest.approx(0, abs=1) and lefts[2] < 0
    # Figures are never smaller than in print, where their text has 6 points: a wide one is moved sideways, within the page.
    figures = browser.run("[...document.querySelectorAll('figure img')].map(i => [i.clientWidth, i.naturalWidth, i.alt])")
    assert [name.split(".")[0] for *_, name in figures] == ["scatter", "gallery shapes"]
    assert all(shown >= 96 / 300 * dots - 1 for shown, dots, _ in figures) and figures[1][0] > 380
    browser.run("document.querySelector('figure button').click()")
    assert browser.run("document.querySelector('figure img').clientWidth") > 500
    assert browser.run("document.documentElement.scrollWidth") <= 380
    assert browser.run("parseFloat(getComputedStyle(document.querySelector('p')).fontSize)") >= 16


def test_previews_of_clips_load_and_play_where_the_focus_is(browser, page):
    browser.open(page)
    browser.run("document.querySelector('#units details').open = true")
    first = "getComputedStyle(document.querySelector('.clip'))"
    width, height = browser.run(
        f"new Promise((ok, no) => Object.assign(new Image(), {{onload() {{ ok([this.naturalWidth, this.naturalHeight]) }},"
        f" onerror: no, src: {first}.backgroundImage.slice(5, -2)}}))"
    )
    assert (width, height) == (48, 4) and browser.run(f"{first}.animationName") == "none"
    box = browser.run("[document.querySelector('.clip')].map(c => [c.clientWidth, c.clientHeight])[0]")
    assert box[0] > 50 and box[0] / box[1] == pytest.approx(6 / 4, rel=0.03)
    browser.run("document.querySelector('.unit').focus()")
    assert browser.run(f"{first}.animationName") == "moments"
    positions = browser.run(
        "(() => { const playing = document.querySelector('.clip').getAnimations()[0]; playing.pause();"
        f" return [...Array(8).keys()].map(i => {{ playing.currentTime = 150 * i + 75; return {first}.backgroundPositionX }}) }})()"
    )
    assert [float(position[:-1]) / 100 * 7 for position in positions] == pytest.approx(
        list(range(8)), abs=0.001
    )  # one after the other
    browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert browser.run(f"{first}.animationName") == "none"
    browser.ask("Emulation.setEmulatedMedia", features=[])


def test_contrast_and_names_for_screen_readers(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    contrasts = browser.run(CONTRASTS)
    assert {"P", "BUTTON", "FIGCAPTION", "TD", "A"} <= contrasts.keys() and min(contrasts.values()) >= 4.5
    levels = browser.run("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert browser.run("document.documentElement.lang") == "en"
    assert browser.run("[...document.querySelectorAll('input')].every(i => i.labels.length && i.labels[0].textContent.trim())")
    assert browser.run("[...document.querySelectorAll('nav a')].map(a => a.hash).every(h => document.querySelector(h))")
    assert browser.run("document.querySelectorAll('nav a').length") >= 8
    assert browser.run("[...document.querySelectorAll('[role=region]')].every(r => r.ariaLabel)")
    ids = browser.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
