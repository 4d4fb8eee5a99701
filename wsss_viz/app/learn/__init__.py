"""Learn: the lecture, one claim a step. `course` has the steps in order, `lesson` what a step is, `board` draws one."""
