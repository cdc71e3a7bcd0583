import { execFileSync } from 'node:child_process';
import { type Docker, RUN_LABEL, removeFromEngine } from '../../integ/local/docker';
import { provideEngine } from '../../integ/local/engine';
import { type Forge, ForgeRefusal, type ForgeRepository, startForge } from '../../integ/local/forge';
import { waitFor } from '../../integ/local/forge-client';
import { Run } from '../../integ/local/runs';
import { provideImages } from '../../integ/local/setup/images';

jest.setTimeout(40 * 60_000);

let run: Run;
let docker: Docker;
let forge: Forge;

function certificate(): string {
  const file = run.file('ca.pem');
  const key = ['-nodes', '-newkey', 'rsa:2048', '-keyout', run.file('ca.key')];
  execFileSync('openssl', ['req', '-x509', '-subj', '/CN=test', '-days', '1', ...key, '-out', file], { stdio: 'ignore' });
  return file;
}

beforeAll(async () => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  run = Run.begin();
  docker = await provideEngine();
  run.uses(docker);
  run.onStop(async () => {
    await removeFromEngine(docker, run.id);
    await docker.stop();
  });
  await provideImages(docker, ['gitea']);
  await docker.run(['network', 'create', '--label', `${RUN_LABEL}=${run.id}`, run.id]);
  forge = await startForge({ docker, run: run.id, network: run.id, relayAddress: '127.0.0.1', caFile: certificate() });
});

afterAll(async () => {
  await run.stop();
});

async function changed(repository: ForgeRepository) {
  await repository.commit(forge.author, 'Add a file', { 'main.tf': '# nothing yet\n' }, 'change');
  return repository.openPullRequest(forge.author, 'change', 'A change');
}

test('a pull request is opened, commented on, approved and merged by different users', async () => {
  const pull = await changed(await forge.createRepository('acme', 'roundtrip'));
  const question = await pull.comment(forge.author, 'atlantis plan');
  await pull.comment(forge.atlantis, 'the plan');
  const answer = await pull.awaitComment(forge.atlantis, { after: question, seconds: 5, what: 'the answer' });
  expect(answer).toMatchObject({ author: 'atlantis', body: 'the plan' });
  await pull.approve(forge.reviewer);
  expect(await pull.isMerged(forge.author)).toBe(false);
  await pull.merge(forge.author);
  expect(await pull.isMerged(forge.author)).toBe(true);
});

test('nobody approves a pull request of their own', async () => {
  const pull = await changed(await forge.createRepository('acme', 'own-approval'));
  await expect(pull.approve(forge.author)).rejects.toThrow(ForgeRefusal);
});

test('an answer that does not come is named in the failure', async () => {
  const pull = await changed(await forge.createRepository('acme', 'silence'));
  await expect(pull.awaitComment(forge.atlantis, { seconds: 1, what: 'the plan comment' })).rejects.toThrow(
    'the plan comment did not come within 1 s',
  );
});

test('a pull request is sent to the webhook over TLS, to the address in the network', async () => {
  const repository = await forge.createRepository('acme', 'hooked');
  await repository.addWebhook({ url: 'https://atlantis.example.com/events', secret: 's'.repeat(32) });
  await changed(repository);
  const logged = await waitFor('the delivery', 15, async () => {
    const logs = await forge.logs();
    return /unable to deliver webhook .*atlantis\.example\.com.*/i.exec(logs)?.[0];
  });
  expect(logged).toMatch(/dial tcp 127\.0\.0\.1:443: connect: connection refused/);
});

test('the forge is published on loopback only', async () => {
  const published = await docker.run(['port', forge.container]);
  expect(published.trim()).toMatch(/^3000\/tcp -> 127\.0\.0\.1:\d+$/);
});
