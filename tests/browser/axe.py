"""Accessibility checks in the browser: axe, and what axe does not measure."""

from typing import Any

from playwright.sync_api import Page

from deploy.local.browser_assets import AXE

_SERIOUS = {"serious", "critical"}

_SMALL_TEXT = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("script, style, svg title, svg desc, .sr")) continue;
    const scale = element.ownerSVGElement ? element.ownerSVGElement.getBoundingClientRect().width / element.ownerSVGElement.viewBox.baseVal.width : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale;
    if (size < 13.9) found.push(`${size.toFixed(1)} px: ${walker.currentNode.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""

_SMALL_TARGETS = """(least) => {
  const found = [];
  for (const element of document.querySelectorAll("button, a[href], select, summary, input:not([type=hidden])")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".skip, .leaflet-control-attribution")) continue;
    const target = element.closest("label") ?? element;
    const box = target.getBoundingClientRect();
    const isInText = element.matches("a") && getComputedStyle(element).display === "inline";
    if (!isInText && box.height > 0 && box.height < least) found.push(`${Math.round(box.height)} px: ${element.outerHTML.slice(0, 90)}`);
  }
  return found;
}"""


def serious_findings(page: Page) -> list[str]:
    """Return what axe finds serious or critical, one line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in result["violations"]
        if found["impact"] in _SERIOUS
        for node in found["nodes"]
    ]


def small_text(page: Page) -> list[str]:
    """Return the visible texts under 14 px."""
    found: list[str] = page.evaluate(_SMALL_TEXT)
    return found


def small_targets(page: Page, least: int) -> list[str]:
    """Return what can be pressed and is less than `least` px high; links inside sentences are exempt (WCAG 2.5.8)."""
    found: list[str] = page.evaluate(_SMALL_TARGETS, least)
    return found


def overflow(page: Page) -> int:
    """Return by how many px the page is wider than the window."""
    found: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found
