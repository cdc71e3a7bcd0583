import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { type Docker, RUN_LABEL } from './docker';
import { type ForgeAccount, ForgeClient, type ForgeUser, waitFor } from './forge-client';
import { ForgeRepository } from './forge-repository';
import { Failure, step } from './progress';
import { containerLogs } from './setup/docker-command';
import { GITEA_IMAGE } from './setup/images';

export { type ForgeAccount, ForgeRefusal } from './forge-client';
export { type Comment, ForgeRepository, PullRequest } from './forge-repository';

export const FORGE_HOST = 'gitea.example.com';
const ATLANTIS_HOST = 'atlantis.example.com';

/** The forge's address in the network of the run; also the one in the clone URLs that it gives out. */
export const FORGE_URL = `http://${FORGE_HOST}:3000`;

const CERTIFICATES = '/etc/ssl/cdk-atlantis.pem';

/** What the forge needs of the local cloud. */
export interface ForgePlace {
  readonly docker: Docker;
  /** The run's id: the container carries it as a label, so that the run's end removes it. */
  readonly run: string;
  readonly network: string;
  /** Where https://atlantis.example.com is, seen from the network. */
  readonly relayAddress: string;
  /** The authority that signed the front's certificates. */
  readonly caFile: string;
}

export interface Forge {
  /** On this machine. */
  readonly url: string;
  readonly container: string;
  /** The account that the server comments with. */
  readonly atlantis: ForgeAccount;
  readonly author: ForgeAccount;
  readonly reviewer: ForgeAccount;
  /** A repository of an organization that is made when missing, in which all accounts may write. */
  createRepository(organization: string, name: string): Promise<ForgeRepository>;
  logs(): Promise<string>;
  stop(): Promise<void>;
}

const SETTINGS = {
  database: { DB_TYPE: 'sqlite3' },
  security: { INSTALL_LOCK: 'true' },
  // Else the clone addresses in webhooks are those by which this machine, and not the network, knows the forge.
  server: { ROOT_URL: `${FORGE_URL}/`, PUBLIC_URL_DETECTION: 'never', DISABLE_SSH: 'true', OFFLINE_MODE: 'true' },
  service: { DISABLE_REGISTRATION: 'true' },
  repository: { DEFAULT_BRANCH: 'main' },
  // Without it, Gitea sends webhooks only to addresses of the public internet.
  webhook: { ALLOWED_HOST_LIST: '*' },
  indexer: { ISSUE_INDEXER_TYPE: 'db' },
  actions: { ENABLED: 'false' },
  log: { LEVEL: 'Warn' },
};

function environment(): string[] {
  const settings = Object.entries(SETTINGS).flatMap(([section, values]) =>
    Object.entries(values).map(([key, value]) => `GITEA__${section}__${key}=${value}`),
  );
  return [...settings, `SSL_CERT_FILE=${CERTIFICATES}`].flatMap((variable) => ['--env', variable]);
}

async function startContainer({ docker, run, network, relayAddress, caFile }: ForgePlace): Promise<string> {
  const created = await docker.run([
    ...['create', '--label', `${RUN_LABEL}=${run}`, '--network', network, '--network-alias', FORGE_HOST],
    ...['--add-host', `${ATLANTIS_HOST}:${relayAddress}`, '--publish', '127.0.0.1::3000'],
    ...environment(),
    GITEA_IMAGE,
  ]);
  const container = created.trim();
  await docker.run(['cp', caFile, `${container}:${CERTIFICATES}`]);
  await docker.run(['start', container]);
  return container;
}

async function publishedAddress(docker: Docker, container: string): Promise<string> {
  const port = await docker.run(['port', container, '3000/tcp']);
  return `http://${port.trim().split('\n')[0]}`;
}

async function isRunning(docker: Docker, container: string): Promise<boolean> {
  return (await docker.run(['inspect', '--format', '{{.State.Running}}', container])).trim() === 'true';
}

/** Not with fetch: a published port takes connections before the server listens, and a fetch of one that is dropped never settles. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

async function awaitHealth(docker: Docker, container: string, url: string): Promise<void> {
  await waitFor('the health of the forge', 60, async () => {
    if (await answers(`${url}/api/healthz`)) {
      return true;
    }
    if (!(await isRunning(docker, container))) {
      throw new Failure(`the forge stopped:\n${await containerLogs(docker, container)}`);
    }
    return undefined;
  });
}

/** The first account is made with the forge's own command, as on any new installation. */
async function createAdmin(docker: Docker, container: string, { name, password }: ForgeUser): Promise<void> {
  await docker.run([
    ...['exec', '--user', 'git', container, 'gitea', 'admin', 'user', 'create', '--admin', '--must-change-password=false'],
    ...['--username', name, '--password', password, '--email', `${name}@example.com`],
  ]);
}

async function withToken(url: string, user: ForgeUser): Promise<ForgeAccount> {
  const token = { name: 'cdk-atlantis', scopes: ['all'] };
  const { sha1 } = await ForgeClient.withPassword(url, user).request<{ sha1: string }>('POST', `/users/${user.name}/tokens`, token);
  return { ...user, token: sha1 };
}

async function createAccount(url: string, admin: ForgeAccount, name: string): Promise<ForgeAccount> {
  const user = { name, password: randomBytes(12).toString('hex') };
  await ForgeClient.withToken(url, admin.token).request('POST', '/admin/users', {
    username: name,
    password: user.password,
    email: `${name}@example.com`,
    must_change_password: false,
  });
  return withToken(url, user);
}

async function createRepository(url: string, admin: ForgeAccount, organization: string, name: string): Promise<ForgeRepository> {
  const client = ForgeClient.withToken(url, admin.token);
  const organizations = await client.request<{ name: string }[]>('GET', '/orgs');
  if (!organizations.some((found) => found.name === organization)) {
    await client.request('POST', '/orgs', { username: organization });
  }
  await client.request('POST', `/orgs/${organization}/repos`, { name, auto_init: true, default_branch: 'main' });
  return new ForgeRepository(url, admin, `${organization}/${name}`);
}

/** Starts a real Gitea in the network of a run, with its accounts. Its webhooks reach https://atlantis.example.com through the relay. */
export async function startForge(place: ForgePlace): Promise<Forge> {
  const { docker } = place;
  return step('starting the forge', async () => {
    const container = await startContainer(place);
    const url = await publishedAddress(docker, container);
    await awaitHealth(docker, container, url);
    // Gitea reserves the name `admin`.
    const first = { name: 'owner', password: randomBytes(12).toString('hex') };
    await createAdmin(docker, container, first);
    const admin = await withToken(url, first);
    const [atlantis, author, reviewer] = await Promise.all(
      ['atlantis', 'author', 'reviewer'].map((name) => createAccount(url, admin, name)),
    );
    return {
      ...{ url, container, atlantis, author, reviewer },
      createRepository: async (organization, name) => {
        const repository = await createRepository(url, admin, organization, name);
        for (const account of [atlantis, author, reviewer]) {
          await repository.admit(account);
        }
        return repository;
      },
      logs: () => containerLogs(docker, container),
      stop: async () => {
        await docker.run(['rm', '--force', '--volumes', container]);
      },
    };
  });
}
