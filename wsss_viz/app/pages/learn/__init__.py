"""Learn: the lecture, one claim a step. `syllabus` has its steps in order, `lesson` what one is, `view` draws one."""
