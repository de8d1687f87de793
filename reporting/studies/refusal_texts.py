"""One sentence for each refusal, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reporting.studies.refusals import RefusalCode

REFUSAL_TEXT: dict[RefusalCode, Promise] = {
    RefusalCode.EMPTY: _("The file is empty."),
    RefusalCode.NOT_A_FILE: _("This is not an ordinary file."),
    RefusalCode.UNREADABLE: _("The file cannot be read."),
    RefusalCode.FILE_TOO_LARGE: _("The file is larger than the 2 GB accepted."),
    RefusalCode.NOT_DICOM: _("This is not a DICOM file."),
    RefusalCode.DANGEROUS_PREAMBLE: _("The file starts as a program or web page does and was not accepted."),
    RefusalCode.MEDIA_DIRECTORY: _("A DICOMDIR holds no image; the images beside it are read directly."),
    RefusalCode.META_DAMAGED: _("The DICOM file header is damaged or does not say how the rest is encoded."),
    RefusalCode.DEFLATED: _("The deflated transfer syntax is not accepted; send the object uncompressed."),
    RefusalCode.TRANSFER_SYNTAX: _("The transfer syntax is not one of those accepted."),
    RefusalCode.TRUNCATED: _("The file is cut off: it ends before what it declares."),
    RefusalCode.TRUNCATED_PIXELS: _("The image is cut off: there are fewer pixels than its header declares."),
    RefusalCode.DAMAGED: _("The structure of the DICOM file is damaged."),
    RefusalCode.TOO_DEEP: _("The file nests sequences deeper than is accepted."),
    RefusalCode.TOO_MANY_ELEMENTS: _("The file holds more elements than are accepted."),
    RefusalCode.IMAGE_TOO_LARGE: _("The image is larger than any that is accepted."),
    RefusalCode.IMAGE_SIZE_DISAGREES: _("The compressed image has another size than its header says."),
    RefusalCode.UID_MISSING: _("The object does not say its SOP class, or its instance, series or study UID."),
    RefusalCode.UID_MALFORMED: _("A UID of the object is not made of digits and dots."),
    RefusalCode.IDENTITY_TOO_LONG: _("The patient ID is longer than the 64 characters DICOM permits."),
    RefusalCode.OTHER_OBJECT: _("The object is not the one that the sender announced."),
    RefusalCode.PARSER_MEMORY: _("Reading the header needs more memory than is allowed."),
    RefusalCode.PARSER_TIME: _("Reading the header takes longer than is allowed."),
    RefusalCode.PARSER_DIED: _("The header could not be read: the reader stopped."),
    RefusalCode.ENCRYPTED: _("The file is encrypted in its archive."),
    RefusalCode.NESTED_ARCHIVE: _("An archive inside an archive is not unpacked."),
    RefusalCode.COMPRESSION_UNKNOWN: _("The archive uses a compression other than deflate."),
    RefusalCode.ARCHIVE_DAMAGED: _("The archive, or this file in it, is damaged or cut off."),
    RefusalCode.ARCHIVE_BOMB: _("The archive unpacks to far more than is accepted; nothing of it was stored."),
    RefusalCode.ARCHIVE_TOO_MANY_FILES: _("The archive holds more files than are accepted; nothing of it was stored."),
}
