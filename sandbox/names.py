"""Names of companies and people, and the mess that people make of them."""

from __future__ import annotations

from typing import Final

import numpy as np


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HEADS: Final = _words("""
    Al An Ar As Bel Bor Bri Cal Cam Car Cor Dal Den Dor El Em Er Fal Fen Fin Gal Gan Gor Hal Har Hol In Jan
    Jor Kal Ken Kor Lan Lin Lor Mal Mar Mer Mon Nor Nov Ol Or Pal Per Pol Quin Ral Ren Ros Sal Sel Sol Tal Tor
    Ul Val Ver Wil Zan
""")
MIDDLES: Final = _words("""
    aba ado agon alto ana andra antis aris atix avia ax bera bex burn cera conis corvo dane delta dex dora
    ebra efix elio enta era eron esco eta evia exa gate grid iden ifor ika ima ino ista ivo lex lyra metra
    mira nexo ora ovia quant
""")
TRADES: Final = _words("""
    Analytics Apparel Automation Aviation Beverages Biotech Brands Capital Care Ceramics Chemicals Clinics
    Cloud Components Construction Consulting Controls Creative Data Dental Design Devices Digital Dynamics
    Education Electric Electronics Energy Engineering Entertainment Equipment Estates Express Fabrics Farms
    Finance Foods Freight Fuels Furniture Games Glass Group Health Holdings Hospitality Hotels Imaging
    Industries Insurance Interactive Labs Legal Logistics Machinery Maritime Markets Materials Media Medical
    Metals Mining Mobile Mobility Motors Networks Optics Packaging Paper Partners Payments Pharma Plastics
    Power Printing Properties Publishing Rail Research Resources Retail Robotics Security Semiconductors
    Services Shipping Software Solar Solutions Sports Staffing Steel Storage Supply Systems Technologies
    Telecom Textiles Tools Travel Ventures Water
""")
TOTAL_NAMES: Final = len(HEADS) * len(MIDDLES) * len(TRADES)
_STRIDE: Final = 104_729  # a prime that divides none of the list lengths, so that every name comes once

FIRST_NAMES: Final = _words("""
    Adam Aisha Alice Amir Ana Andrea Anna Ben Bruno Carla Carlos Chen Clara Claire Daniel David Diana Elena
    Emma Erik Eva Farah Felix Fiona Grace Greta Hannah Hugo Ines Ivan Jakob James Jana Jonas Jose Julia Kai
    Karin Kenji Laura Lea Leon Lina Louis Luca Lucy Maria Mark Marta Max Mei Mia Nadia Nina Noah Olga Omar
    Paul Peter Priya Rachel Raj Robert Rosa Ruth Samuel Sara Sofia Stefan Tara Thomas Tim Victor Wei Yuki Zoe
""")
LAST_NAMES: Final = _words("""
    Adams Ahmed Almeida Anders Baker Bauer Becker Bell Bennett Berg Blanc Braun Brown Carter Chen Clark Costa
    Cruz Dubois Evans Fischer Foster Fuchs Garcia Gray Green Gupta Haas Hall Hansen Harris Hill Hoffmann
    Hughes Ito Jansen Jones Kaya Keller Khan Kim King Klein Kumar Lang Larsen Lee Lewis Lopez Martin Mayer
    Meyer Miller Moore Moreau Mueller Murphy Nguyen Novak Okafor Olsen Ortiz Parker Patel Perez Petrov Price
    Reed Richter Rossi Roy Ruiz Sato Schmidt Scott Silva Singh Smith Stone Suzuki Taylor Torres Turner Vogel
    Wagner Walker Wang Weber White Wolf Wood Wright Yamada Young
""")

FREE_MAIL: Final = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "icloud.com", "hotmail.com")
DISPOSABLE: Final = ("mailinator.com", "guerrillamail.com")
OUR_DOMAIN: Final = "ours.com"

LEGAL_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "US": ("Inc.", "Inc", ", Inc.", "LLC", "Corp.", "Corporation"),
    "CA": ("Inc.", "Ltd.", "Corp."),
    "GB": ("Ltd", "Limited", "plc", "LTD."),
    "DE": ("GmbH", "AG", "GmbH & Co. KG", "gmbh", "SE"),
    "FR": ("SAS", "S.A.", "SARL"),
    "NL": ("B.V.", "BV", "N.V."),
    "IN": ("Pvt. Ltd.", "Private Limited"),
    "BR": ("Ltda.", "S.A."),
    "AU": ("Pty Ltd", "Ltd"),
    "JP": ("K.K.", "Co., Ltd."),
    "ES": ("S.L.", "S.A."),
}
TOP_LEVEL: Final[dict[str, tuple[str, ...]]] = {
    "US": ("com", "com", "com", "io"),
    "CA": ("com", "ca"),
    "GB": ("co.uk", "com"),
    "DE": ("de", "com"),
    "FR": ("fr", "com"),
    "NL": ("nl", "com"),
    "IN": ("in", "co.in", "com"),
    "BR": ("com.br", "com"),
    "AU": ("com.au", "com"),
    "JP": ("co.jp", "jp"),
    "ES": ("es", "com"),
}


def stem(number: int) -> str:
    """The ``number``-th company name without a legal form: unique for numbers below ``TOTAL_NAMES``."""
    spot = (number * _STRIDE + 12_345) % TOTAL_NAMES
    rest, trade = divmod(spot, len(TRADES))
    head, middle = divmod(rest, len(MIDDLES))
    return f"{HEADS[head]}{MIDDLES[middle]} {TRADES[trade]}"


def clean_domain(name: str, country: str, dice: int) -> str:
    """The host that a company of this name would own."""
    endings = TOP_LEVEL[country]
    host = "".join(part for part in name.lower() if part.isalnum())
    return f"{host}.{endings[dice % len(endings)]}"


def messy_name(name: str, country: str, dice: np.random.Generator) -> str:
    """A company name as people type it: with or without legal form, odd case, stray blanks."""
    forms = LEGAL_FORMS[country]
    roll = dice.random(3)
    if roll[0] < 0.72:
        form = forms[int(roll[0] * 997) % len(forms)]
        name = f"{name}{form}" if form.startswith(",") else f"{name} {form}"
    if roll[1] < 0.05:
        name = name.upper()
    elif roll[1] < 0.09:
        name = name.lower()
    if roll[2] < 0.03:
        name = f" {name}"
    elif roll[2] < 0.07:
        name = name.replace(" ", "  ", 1)
    elif roll[2] < 0.10:
        name = f"{name} "
    return name


_WEBSITES: Final[tuple[tuple[float, str], ...]] = (
    (0.30, "https://www.{plain}"),
    (0.48, "https://{plain}/"),
    (0.58, "http://www.{plain}/about-us?lang=en"),
    (0.64, "WWW.{upper}"),
    (0.70, "www.{plain}"),
    (0.73, "  {plain} "),
    (0.76, "https://{title}/en/home"),
    (1.00, "{plain}"),
)


def messy_website(domain: str, roll: float) -> str:
    """A domain as people type it into a website field; ``roll`` in [0, 1) chooses how."""
    form = next(form for bar, form in _WEBSITES if roll < bar)
    return form.format(plain=domain, upper=domain.upper(), title=domain.capitalize())
