"""What was measured, as Markdown."""

import statistics


def median(results, label, key):
    return statistics.median(run[key] for run in results[label])


def ratio(found):
    """`5.1 (4.8–5.5)`, with its goal: bold if it is reached, struck out if it is missed."""
    text = f"{found['median']:.2f}"
    if found.get("goal") is not None:
        sign = "≤" if found["at_most"] else "≥"
        text = f"**{text}** ({sign} {found['goal']:g} reached)" if found["reached"] else f"{text} ({sign} {found['goal']:g} **missed**)"
    return f"{text} {found['min']:.2f}–{found['max']:.2f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def micros(value):
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def goals(rows):
    labels = ("cowherd", "tgtd", "lean")
    body = []
    for row in rows:
        results = row["results"]
        by_tgtd, by_lean, cpu, _ = row["ratios"]
        body.append([row["title"], ratio(by_tgtd), ratio(by_lean), ratio(cpu),
                     " / ".join(f"{median(results, label, 'iops') / 1000:.1f}" for label in labels),
                     " / ".join(micros(median(results, label, "p99_us")) for label in labels),
                     " / ".join(micros(median(results, label, "server_cpu_us")) for label in labels)])
    return table(["load", "÷ tgtd", "÷ lean C", "CPU per operation ÷ tgtd", "thousand IOPS: Cowherd / tgtd / lean C",
                  "p99, µs", "CPU per operation, µs"], body)


def ratios(rows):
    """Rows that compare Cowherd with itself."""
    body = []
    for row in rows:
        for found in row["ratios"]:
            over, under = (median(row["results"], label, found["of"]) for label in (found["over"], found["under"]))
            body.append([row["title"], f"{found['over']} ÷ {found['under']}", found["of"], ratio(found), f"{over:,.0f} / {under:,.0f}"])
    return table(["load", "compared", "of", "ratio", "medians"], body)


def series(row):
    """A row of a scaling: one line a point, one column a label."""
    lines = row["series"]
    xs = sorted({x for points in lines.values() for x, _ in points})
    found = {label: dict(points) for label, points in lines.items()}
    return table([row["x"], *(f"{label}, {row['y']}" for label in lines)],
                 [[f"{x:,}", *(f"{found[label][x]:,.1f}" if x in found[label] else "" for label in lines)] for x in xs])
