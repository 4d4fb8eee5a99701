"""Learn: the lecture, one claim per step. `syllabus` has its steps in order, `lesson` what one is, `view` draws one."""
