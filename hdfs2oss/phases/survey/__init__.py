"""The survey: what is there on both sides, and so what is to be done."""

from .checklist import VERIFICATION
from .difference import survey_changes, without_excluded
from .ending import as_record, from_record
from .repair import survey_differences
from .wave import SurveyReport, survey

__all__ = [
    "VERIFICATION",
    "SurveyReport",
    "as_record",
    "from_record",
    "survey",
    "survey_changes",
    "survey_differences",
    "without_excluded",
]
