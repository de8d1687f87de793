// Read DICOM files the way OHIF does (dcmjs) and print what its readers look for, one JSON line per file.
const fs = require("node:fs");
const dcmjs = require("dcmjs");

const list = (value) => (value === undefined ? [] : [].concat(value));
const code = (item) => list(item.ConceptNameCodeSequence)[0]?.CodeValue;

for (const path of process.argv.slice(2)) {
    const file = fs.readFileSync(path);
    const { dict } = dcmjs.data.DicomMessage.readFile(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
    const read = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
    const measured = list(read.ContentSequence).find((item) => code(item) === "126010");
    const groups = list(measured?.ContentSequence);
    console.log(JSON.stringify({
        modality: read.Modality,
        root: code(read),
        groups: groups.length,
        tracked: groups.filter((group) => list(group.ContentSequence).some((item) => code(item) === "112040" && item.UID)).length,
        segments: list(read.SegmentSequence).map((segment) => segment.SegmentLabel),
        placed: list(read.PerFrameFunctionalGroupsSequence).every((frame) => list(frame.PlanePositionSequence)[0]?.ImagePositionPatient?.length === 3),
    }));
}
