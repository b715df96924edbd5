"""A row of a scaling as an SVG."""

import html
import math

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 72, 120, 48, 52
COLOURS = ("#0b6e4f", "#c8553d", "#3d5a98", "#8a6d1d")


def ticks(low, high, log):
    """Round values that span low to high."""
    if log:
        found = [m * 10.0 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1) for m in (1, 2, 5)]
        inside = [value for value in found if low <= value <= high]
        return inside if len(inside) <= 7 else [value for value in inside if math.log10(value) % 1 == 0]
    step = 10 ** math.floor(math.log10(high or 1))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if high / s <= 6)
    return [n * step for n in range(int(high / step) + 1)]


def named(value):
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def spread_labels(wanted, gap=15):
    """Moves labels that would overlap apart: their heights, in the order given."""
    placed = {}
    last = -gap
    for height, label in sorted((height, label) for label, height in wanted.items()):
        last = max(height, last + gap)
        placed[label] = last
    return placed


def svg(row):
    lines = {label: [tuple(point) for point in points] for label, points in row["series"].items()}
    xs = sorted({x for points in lines.values() for x, _ in points})
    ys = [y for points in lines.values() for _, y in points if y > 0 or not row["log_y"]] or [1]
    low, high = (10 ** math.floor(math.log10(min(ys))), max(ys) * 1.3) if row["log_y"] else (0, max(ys) * 1.1)

    def place_x(x):  # logarithmic; 0, where there is one, stands a step before 1
        first = -1 if xs[0] == 0 else math.log2(xs[0])
        at = -1 if x == 0 else math.log2(x)
        return LEFT + (at - first) / (math.log2(xs[-1]) - first) * (WIDTH - LEFT - RIGHT)

    def place_y(y):
        share = math.log(max(y, low) / low) / math.log(high / low) if row["log_y"] else y / high
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold">{html.escape(row["title"])}</text>',
             f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{html.escape(row["x"])}</text>',
             f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{html.escape(row["y"])}</text>']
    for y in ticks(low, high, row["log_y"]):
        at = place_y(y)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{named(y)}</text>')
    for x in xs:
        at = place_x(x)
        parts.append(f'<path d="M{at:.1f} {HEIGHT - BOTTOM}v5" stroke="#222"/>'
                     f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{named(x)}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#222"/>')
    labels = spread_labels({label: place_y(points[-1][1]) for label, points in lines.items()})
    for colour, (label, points) in zip(COLOURS, lines.items()):
        places = [(place_x(x), place_y(y)) for x, y in points]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{labels[label] + 4:.1f}" fill="{colour}" font-weight="bold">{html.escape(label)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
