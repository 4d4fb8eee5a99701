"""Entropy, mutual information and their estimators, in bits; every number with its estimator, cap and notes.

Import the module of a subject, so that none pays for another's libraries:

- exact: `discrete` (tables, samples), `chains` (channels), `minimal` (one weight), `bottleneck` (the best encoders);
- estimators: `binning`, `mixture`, `noisy`, `neighbours`, `probe`; one that does not apply raises NotApplicable;
- the 12-bit networks: `networks` (trains, the only one with torch), `runs` (stored), `estimators`, `plane`, `report`.
"""

from wsss_viz.information.result import MIResult, NotApplicable, Null

__all__ = ["MIResult", "NotApplicable", "Null"]
