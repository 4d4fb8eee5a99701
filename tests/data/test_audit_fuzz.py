"""A hundred generated data sets; `python bench/fuzz_audit.py` goes through thousands."""

from collections import Counter

from tests.data.audit_generator import generate, judge


def test_no_generated_data_set_is_silently_wrong(tmp_path):
    judged = Counter()
    for seed in range(100):
        made = generate(tmp_path / str(seed), seed)
        verdict = judge(made)
        assert not verdict.startswith("silently"), (seed, verdict, made.oddities)
        judged[verdict] += 1
    assert judged["right"] > 40
    assert judged["asked"] > 0 < judged["warned"]
