// Read DICOM files the way OHIF does (dcmjs) and print what its readers look for, one JSON line per file.
const fs = require("node:fs");
const dcmjs = require("dcmjs");

const list = (value) => (value === undefined ? [] : [].concat(value));
const code = (item) => list(item.ConceptNameCodeSequence)[0]?.CodeValue;
const image = (item) => {
    const named = list(item?.ReferencedSOPSequence)[0];
    return [named?.ReferencedSOPInstanceUID ?? "", list(named?.ReferencedFrameNumber).map(Number)];
};
const items = (item) => list(item.ContentSequence).flatMap((inner) => [inner, ...items(inner)]);

/** Every object that is named by study and series. */
const named = (studies) => list(studies).flatMap((study) => list(study.ReferencedSeriesSequence).flatMap(
    (series) => list(series.ReferencedSOPSequence).map(
        (one) => [study.StudyInstanceUID, series.SeriesInstanceUID, one.ReferencedSOPInstanceUID],
    ),
));

const drawnOn = (group) => list(list(group.DerivationImageSequence)[0]?.SourceImageSequence)[0];

/** Where a frame of a segmentation lies, which segment it shows, and the image that it was drawn on. */
const frame = (group) => ({
    position: list(list(group.PlanePositionSequence)[0]?.ImagePositionPatient).map(Number),
    segment: list(group.SegmentIdentificationSequence)[0]?.ReferencedSegmentNumber,
    source: drawnOn(group)?.ReferencedSOPInstanceUID,
    source_frame: Number(drawnOn(group)?.ReferencedFrameNumber ?? 1),
});

for (const path of process.argv.slice(2)) {
    const file = fs.readFileSync(path);
    const { dict } = dcmjs.data.DicomMessage.readFile(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
    const read = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
    const measured = list(read.ContentSequence).find((item) => code(item) === "126010");
    const groups = list(measured?.ContentSequence);
    const shared = list(read.SharedFunctionalGroupsSequence)[0];
    console.log(JSON.stringify({
        modality: read.Modality,
        charset: list(dict["00080005"]?.Value),
        study: read.StudyInstanceUID,
        series: read.SeriesInstanceUID,
        uid: read.SOPInstanceUID,
        patient: list(read.PatientName).map((name) => [name.Alphabetic, name.Ideographic, name.Phonetic].map((group) => group ?? "")),
        root: code(read),
        contained: Boolean(measured),
        groups: groups.length,
        tracked: groups.filter((group) => list(group.ContentSequence).some((item) => code(item) === "112040" && item.UID)).length,
        located: groups.filter((group) => list(group.ContentSequence).some((item) => /^SCOORD/.test(item.ValueType))).length,
        // Which image a region was drawn on, and in which of its frames.
        regions: items(read).filter((item) => item.ValueType === "SCOORD").map((item) => image(list(item.ContentSequence)[0])),
        evidence: [...named(read.CurrentRequestedProcedureEvidenceSequence), ...named(read.PertinentOtherEvidenceSequence)],
        images: list(read.ContentSequence).filter((item) => item.ValueType === "IMAGE").map(image),
        unseen: items(read).filter((item) => item.ValueType === "COMPOSITE").length,
        segments: list(read.SegmentSequence).map((segment) => segment.SegmentLabel),
        numbers: list(read.SegmentSequence).map((segment) => segment.SegmentNumber),
        lies_on: list(read.ReferencedSeriesSequence).map((series) => series.SeriesInstanceUID),
        frame_of_reference: read.FrameOfReferenceUID,
        oriented: list(list(shared?.PlaneOrientationSequence)[0]?.ImageOrientationPatient).length === 6,
        spaced: list(list(shared?.PixelMeasuresSequence)[0]?.PixelSpacing).length === 2,
        frames: list(read.PerFrameFunctionalGroupsSequence).map(frame),
        number_of_frames: Number(read.NumberOfFrames ?? 0),
        mime: read.MIMETypeOfEncapsulatedDocument,
        title: read.DocumentTitle,
        length: read.EncapsulatedDocumentLength,
        document: list(read.EncapsulatedDocument)[0]?.byteLength,
    }));
}
