"""What Streamlit holds of an upload."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec


def forget(file: UploadedFile) -> None:
    """Empties an upload that has been read: Streamlit would hold its bytes for as long as the page is open."""
    context = get_script_run_ctx(suppress_warning=True)
    add_file = getattr(context.uploaded_file_mgr, "add_file", None) if context else None
    if context is not None and add_file is not None:
        add_file(context.session_id, UploadedFileRec(file.file_id, file.name, file.type, b""))
