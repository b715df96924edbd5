"""What was measured, as Markdown."""

import statistics


def median(results, label, key):
    return statistics.median(run[key] for run in results[label])


def figure(value):
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def ratio(found):
    """Median, goal, least to greatest; bold is what to look at."""
    text = figure(found["median"])
    if found.get("goal") is not None:
        sign = "≤" if found["at_most"] else "≥"
        text = f"**{text}** ({sign} {found['goal']:g} reached)" if found["reached"] else f"{text} ({sign} {found['goal']:g} **missed**)"
    return f"{text} {figure(found['min'])}–{figure(found['max'])}"


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


def amount(value):
    return f"{value:,.1f}" if value >= 10 else f"{value:.2g}"


def all_series(rows):
    """Each row one table: one line a point, one column a label."""
    tables = []
    for row in rows:
        lines = {label: dict(points) for label, points in row["series"].items()}
        xs = sorted({x for points in lines.values() for x in points})
        body = [[f"{x:,}", *(amount(points[x]) if x in points else "" for points in lines.values())] for x in xs]
        tables.append(f"{row['title']}, {row['y']}:\n\n" + table([row["x"], *lines], body))
    return "\n".join(tables)
