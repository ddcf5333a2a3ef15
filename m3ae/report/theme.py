"""The colours of the page and of its figures, each as on light and on dark ground."""

COLOURS = {
    "text": ("#1c2430", "#e4e9f0"),
    "soft": ("#5a6473", "#9aa6b5"),
    "line": ("#dde3ea", "#2e3743"),
    "ground": ("#ffffff", "#12171e"),
    "raised": ("#f6f8fa", "#1a212b"),
    "accent": ("#2b6cb0", "#7db4ee"),
    "second": ("#d9480f", "#ff9d66"),
    "neutral": ("#8a94a3", "#8691a1"),
    "good": ("#2f855a", "#68d391"),
    "bad": ("#c05621", "#f6ad7b"),
    "warn-ground": ("#fff4d6", "#3a2d0c"),
    "warn": ("#7a4d00", "#ffd97a"),
    "warn-line": ("#e8b93f", "#8a6a1b"),
}
LIGHT, DARK = (":root { " + " ".join(f"--{name}: {shades[dark]};" for name, shades in COLOURS.items()) + " }" for dark in (0, 1))
STYLESHEET = f"{LIGHT}\n@media screen and (prefers-color-scheme: dark) {{ {DARK} }}"  # paper is white whatever the screen is


def light(name: str) -> str:
    return COLOURS[name][0]
