-- Which memories belong to a family of tools (`metadata.family`): few do.
CREATE INDEX version_by_family ON version (metadata ->> '$.family')
WHERE metadata ->> '$.family' IS NOT NULL;
