"""What the hospital's systems tell us by HL7 v2: orders, corrected patients, merged patients."""
