"""Pictures of products for screenshots, drawn by the browser that shows them."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.browser import Browser
    from support.stub_api import StubShop

SHAPES = {
    "A Field Guide to Clouds": ("M12 9h22a3 3 0 0 1 3 3v27H15a3 3 0 0 1-3-3z", 205),
    "Copper watering can": ("M10 20h20v19H10zM30 26l10-9 2 2-12 14zM13 20a7 7 0 0 1 14 0h-3a4 4 0 0 0-8 0z", 28),
    "Reading lamp": ("M17 8h14l6 16H11zM22.5 24h3v13h-3zM15 37h18v3H15z", 45),
    "Stoneware mug": (
        ("M11 12h20v22a5 5 0 0 1-5 5H16a5 5 0 0 1-5-5z"
        "M31 17h4a4 4 0 0 1 4 4v4a4 4 0 0 1-8 4v-3a4 4 0 0 0 5-3v-1a2 2 0 0 0-5-2z"),
        190,
    ),
    "Salad bowl": ("M7 22h34a17 15 0 0 1-10 16H17A17 15 0 0 1 7 22z", 20),
    "Folding chair": ("M14 7h3v16h18v4h-2v13h-3V27H17v13h-3z", 350),
    "Enamel kettle": ("M12 40V26a12 10 0 0 1 24 0v14zM35 30l8-8 2 2-10 12zM22 13h4v4h-4z", 220),
    "Wool blanket": ("M9 24h30v5H9zM9 30h30v5H9zM9 36h30v4H9z", 265),
    "Canvas sneakers": ("M7 17v21h34v-8c0-4-6-4-10-6-4-2-6-6-8-8l-6 5c-3 2-7 1-10-4z", 5),
}  # fmt: skip
"""A path on a ground of 48 by 48 whose foot is at 40, and a hue, by the product's name."""
_DRAW = """
const [path, hue] = arguments, canvas = document.createElement("canvas"), at = canvas.getContext("2d");
[canvas.width, canvas.height] = [1600, 1200];
const fade = (fill, ...stops) => {
  stops.forEach((stop, index) => fill.addColorStop(index / (stops.length - 1), stop));
  return fill;
};
const shades = ["55% 66%", "60% 44%", "62% 26%"].map((shade) => `hsl(${hue} ${shade})`);
at.fillStyle = fade(at.createRadialGradient(1000, 250, 50, 800, 500, 1300), "#f4eee4", "#d9cfc0", "#a99d8d");
at.fillRect(0, 0, 1600, 1200);
at.fillStyle = fade(at.createLinearGradient(0, 880, 0, 1200), "#8b6748", "#b98d66", "#a67a54");
at.fillRect(0, 880, 1600, 320);
at.translate(320, 140);
at.scale(20, 20);
at.filter = "blur(18px)";
at.fillStyle = "rgb(40 25 10 / 55%)";
at.beginPath();
at.ellipse(22, 40.5, 16, 1.5, 0, 0, 7);
at.fill();
at.filter = "none";
at.fillStyle = fade(at.createLinearGradient(8, 8, 40, 40), ...shades);
at.fill(new Path2D(path));
return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
"""


def draw_product(browser: Browser, name: str) -> bytes:
    """Return a JPEG of a product."""
    return base64.b64decode(browser.run(_DRAW, *SHAPES[name]))


def hang_pictures(browser: Browser, stub: StubShop) -> None:
    """Give a shop its pictures of the products that there are drawings for."""
    for product, item in stub.catalog.items():
        if item["name"] in SHAPES:
            content = draw_product(browser, item["name"])
            item["image"] = f"/pictures/{product}/{sha256(content).hexdigest()}.jpg"
            stub.studio.pictures[item["image"]] = content
