import xml.etree.ElementTree as ET

import numpy as np

from tests.quality.report.charts import Panel, cut_chart, reliability_chart
from tests.quality.report.pictures import pool_bins

PANELS = [
    Panel(f"a & b {number}", "note", [(0.8, 0.9), (0.9, 0.85), (0.95, 0.7)], (0.8, 0.15, 0.05))
    for number in range(4)
]


def test_charts_are_valid_xml_with_every_set_name():
    for chart in (reliability_chart(PANELS), cut_chart(PANELS, (-1, 0, 1))):
        words = "".join(ET.fromstring(chart).itertext())  # noqa: S314  # our own
        for panel in PANELS:
            assert panel.name in words


def test_small_bins_are_pooled():
    bins = np.repeat([0, 3, 4, 9], [20, 5, 20, 3])
    groups = pool_bins(bins)
    assert [len(rows) for rows in groups] == [20, 28]
    assert np.concatenate(groups).tolist() == list(range(48))
    assert [len(rows) for rows in pool_bins(bins[:3])] == [3]
    assert pool_bins(bins[:0]) == []
