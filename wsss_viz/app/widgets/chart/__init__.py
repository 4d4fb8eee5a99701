"""Charts on a page: the description of `figures.chart` drawn by plotly in the browser."""

from wsss_viz.app.widgets.chart.figure import graph_objects, plotly_figure, show

__all__ = ["graph_objects", "plotly_figure", "show"]
