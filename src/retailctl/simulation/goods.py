"""What a simulated workshop sells: names, brands, categories, prices and stock.

Everything here is made up. A product's goods follow from the dice that it is described with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

MOST_ADDED = 200
"""How many of a product a merchant adds to the stock, at most."""


@dataclass(frozen=True, slots=True)
class Good:
    """A product as its merchant describes it.

    Attributes:
        brand: who makes it.
        name: what it is called.
        description: one sentence on it.
        category: where people find it.
        cents: its price, in whole minor units of the shop's currency.
        added: how many the merchant adds to the stock.

    """

    brand: str
    name: str
    description: str
    category: str
    cents: int
    added: int


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A category's brands and kinds of products.

    A kind is a noun, a description, and the lowest and highest price in whole units.
    """

    brands: tuple[str, ...]
    kinds: tuple[tuple[str, str, int, int], ...]


_STYLES = (
    "Alder", "Aurora", "Basalt", "Bay", "Breeze", "Brook", "Canyon", "Cirrus", "Clover", "Coast",
    "Copper", "Cove", "Dawn", "Delta", "Dune", "Echo", "Ember", "Fjord", "Flint", "Glade",
    "Harbor", "Heath", "Indigo", "Juniper", "Lagoon", "Larch", "Linden", "Maple", "Meadow", "Mesa",
    "Nimbus", "Opal", "Orchard", "Pebble", "Pine", "Prairie", "Quartz", "Ridge", "Saffron", "Sierra",
    "Solstice", "Summit", "Tidal", "Timber", "Topaz", "Tundra", "Umber", "Vale", "Willow", "Zephyr",
)  # fmt: skip
_SHELVES = {
    "Bicycles": _Shelf(
        ("Northwheel", "Velora", "Kranz & Co"),
        (
            ("City Bike", "Eight gears, lights and a rack for the way to work.", 420, 900),
            ("Gravel Bike", "Wide tyres and a light frame for roads without a name.", 980, 2400),
            ("Bike Helmet", "Well aired, with a dial to fit it with one hand.", 35, 120),
            ("Pannier Bag", "Rolls shut against the rain and holds 20 litres.", 40, 95),
            ("Bike Light Set", "Front and rear, charged within two hours.", 20, 75),
            ("Floor Pump", "A long hose and a gauge that can be read standing up.", 25, 70),
        ),
    ),
    "Books": _Shelf(
        ("Papermill Press", "Second Shelf", "Lantern House"),
        (
            ("Field Guide", "Two hundred birds and how to tell them apart.", 14, 32),
            ("Cookbook", "Eighty dinners that are on the table in half an hour.", 18, 40),
            ("Atlas", "Every coast, range and river on two hundred pages.", 35, 90),
            ("Sketchbook", "Heavy paper that takes pencil, ink and water.", 9, 24),
            ("Short Stories", "Twelve stories for twelve evenings.", 10, 22),
            ("Travel Diary", "Lined pages, a pocket and a ribbon.", 12, 28),
        ),
    ),
    "Cameras": _Shelf(
        ("Lumen Optics", "Halide", "Foxglove"),
        (
            ("Compact Camera", "Fits a coat pocket and sees in the dark.", 280, 640),
            ("Instant Camera", "The picture is in your hand a minute later.", 70, 160),
            ("Prime Lens", "Bright, small and sharp to the corners.", 190, 720),
            ("Travel Tripod", "Folds to the length of a forearm.", 60, 240),
            ("Camera Strap", "Waxed cotton that does not slip.", 18, 60),
            ("Camera Bag", "Room for a body, three lenses and a sandwich.", 55, 180),
        ),
    ),
    "Garden": _Shelf(
        ("Greenacre", "Thistle & Thyme", "Rainbarrel"),
        (
            ("Watering Can", "Ten litres, a fine rose and a balanced handle.", 18, 55),
            ("Pruning Shears", "Hardened blades that can be sharpened again.", 20, 65),
            ("Herb Planter", "Three pots on a tray for the window sill.", 22, 48),
            ("Garden Bench", "Seats two, and stays out all winter.", 140, 420),
            ("Bird House", "A nesting box with a lid that opens for cleaning.", 15, 40),
            ("Wildflower Seeds", "A mix for bees, enough for ten square metres.", 4, 12),
        ),
    ),
    "Kitchen": _Shelf(
        ("Hearthside", "Copperleaf", "Ladle & Bowl"),
        (
            ("Chef's Knife", "A 20 centimetre blade that holds its edge.", 45, 190),
            ("Cast-Iron Pan", "Heavy, even, and better every year.", 35, 120),
            ("Coffee Grinder", "Steel burrs, from espresso to French press.", 50, 260),
            ("Mixing Bowls", "Three bowls that nest, with lids.", 24, 70),
            ("Tea Kettle", "Whistles, and pours without a drip.", 30, 90),
            ("Cutting Board", "End grain, with a groove for the juice.", 28, 110),
        ),
    ),
    "Lamps": _Shelf(
        ("Glowworm", "Nordlys", "Filament Works"),
        (
            ("Desk Lamp", "A warm light that goes where you point it.", 35, 140),
            ("Floor Lamp", "Lights a corner, or the whole ceiling.", 80, 310),
            ("Reading Lamp", "Clips to a shelf and leaves the others asleep.", 18, 60),
            ("Pendant Lamp", "Hangs over the table without a glare.", 60, 260),
            ("Night Light", "Dim amber, until morning.", 12, 34),
            ("Camping Lantern", "Forty hours on a charge.", 25, 80),
        ),
    ),
    "Shoes": _Shelf(
        ("Strideway", "Cobble Lane", "Treadwell"),
        (
            ("Running Shoes", "Light and soft, for the long run on Sunday.", 75, 190),
            ("Hiking Boots", "Waterproof, with soles that grip wet rock.", 110, 280),
            ("Canvas Sneakers", "Plain, washable and right with everything.", 35, 85),
            ("Leather Loafers", "Resoled as often as you like.", 90, 240),
            ("Wool Slippers", "Warm floors for cold feet.", 28, 70),
            ("Rubber Boots", "For puddles of every depth.", 30, 80),
        ),
    ),
    "Toys": _Shelf(
        ("Tumbledown", "Little Anvil", "Kiteworks"),
        (
            ("Wooden Train", "An engine, three wagons and a magnet between each.", 18, 55),
            ("Building Blocks", "A hundred pieces of beech in a bag.", 22, 70),
            ("Board Game", "Two to four players, forty minutes, no reading.", 20, 60),
            ("Jigsaw Puzzle", "A thousand pieces of one rainy afternoon.", 12, 30),
            ("Kite", "Flies in any breeze and packs into its tail.", 15, 45),
            ("Plush Bear", "Washable, and has seen worse.", 14, 40),
        ),
    ),
}
_ENDINGS = (0, 50, 90, 95, 99)
"""Cents in which a price ends."""


def describe_good(dice: random.Random) -> Good:
    """Return what a merchant makes of a product, by ``dice``."""
    category = dice.choice(tuple(_SHELVES))
    shelf = _SHELVES[category]
    noun, description, lowest, highest = dice.choice(shelf.kinds)
    return Good(
        brand=dice.choice(shelf.brands),
        name=f"{dice.choice(_STYLES)} {noun}",
        description=description,
        category=category,
        cents=dice.randrange(lowest, highest) * 100 + dice.choice(_ENDINGS),
        added=dice.randint(1, MOST_ADDED),
    )
