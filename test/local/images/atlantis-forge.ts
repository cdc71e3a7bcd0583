import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ForgeAccount, ForgeClient, type ForgeUser, waitFor } from '../../../integ/local/forge-client';
import { ForgeRepository, type PullRequest } from '../../../integ/local/forge-repository';
import { sourcesOf } from '../../../integ/local/setup/go';
import { provideTools } from '../../../integ/local/setup/tools';
import { freePort } from './atlantis-stores';

export const FORGE = 'gitea.example.com';
const PORT = 3000;

const settings = (directory: string, port: number, sources: string) => `
WORK_PATH = ${directory}
RUN_USER = root
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
STATIC_ROOT_PATH = ${sources}
ROOT_URL = http://${FORGE}:${PORT}/
PUBLIC_URL_DETECTION = never
DISABLE_SSH = true
OFFLINE_MODE = true
[service]
DISABLE_REGISTRATION = true
[repository]
DEFAULT_BRANCH = main
[webhook]
ALLOWED_HOST_LIST = *
[actions]
ENABLED = false
[log]
LEVEL = Error
`;

/** A real Gitea as a process of this machine, which the booted machine knows as http://gitea.example.com:3000. */
export class HostForge {
  static async start(parent: string): Promise<HostForge> {
    const directory = join(parent, 'forge');
    mkdirSync(directory);
    const port = await freePort();
    const config = join(directory, 'app.ini');
    writeFileSync(config, settings(directory, port, await sourcesOf('gitea')));
    const { gitea } = await provideTools(['gitea']);
    const env = { PATH: process.env.PATH, HOME: directory, USER: 'root', GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' };
    const run = (...args: string[]) => execFileSync(gitea, ['--config', config, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const child = spawn(gitea, ['--config', config, 'web'], { env, stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    await waitFor('the forge', 60, () =>
      fetch(`${url}/api/healthz`).then(
        ({ ok }) => ok || undefined,
        () => undefined,
      ),
    );
    const owner = { name: 'owner', password: randomBytes(12).toString('hex') };
    const admin = ['--admin', '--must-change-password=false', '--email', 'owner@example.com'];
    run('admin', 'user', 'create', ...admin, '--username', owner.name, '--password', owner.password);
    const forge = new HostForge(child, url, port, await tokenOf(url, owner));
    await ForgeClient.withToken(url, forge.owner.token).request('POST', '/orgs', { username: 'acme' });
    for (const name of ['atlantis', 'author', 'reviewer'] as const) forge[name] = await forge.account(name);
    return forge;
  }

  atlantis!: ForgeAccount;
  author!: ForgeAccount;
  reviewer!: ForgeAccount;

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly port: number,
    private readonly owner: ForgeAccount,
  ) {}

  /** How a machine that boots reaches it. */
  get place() {
    return { hosts: { [FORGE]: '127.0.0.1' }, forwards: [{ address: '127.0.0.1', port: PORT, to: this.port }] };
  }

  /** A repository that tells a server of what happens in it. */
  async repository(name: string, webhook: { url: string; secret: string }): Promise<ForgeRepository> {
    const client = ForgeClient.withToken(this.url, this.owner.token);
    await client.request('POST', '/orgs/acme/repos', { name, auto_init: true, default_branch: 'main' });
    const repository = new ForgeRepository(this.url, this.owner, `acme/${name}`);
    for (const account of [this.atlantis, this.author, this.reviewer]) await repository.admit(account);
    await repository.addWebhook(webhook);
    return repository;
  }

  /** A pull request with files, planned and approved. */
  async planned(repository: ForgeRepository, files: Record<string, string>): Promise<PullRequest> {
    await repository.commit(this.author, 'A change', files, 'change');
    const pull = await repository.openPullRequest(this.author, 'change', 'A change');
    const plan = await pull.awaitComment(this.atlantis, { seconds: 90, what: 'the plan' });
    if (!plan.body.includes('Plan: ')) throw new Error(plan.body);
    await pull.approve(this.reviewer);
    return pull;
  }

  /** Another token of the server's account. */
  async anotherToken(): Promise<string> {
    return (await tokenOf(this.url, this.atlantis, 'another')).token;
  }

  private async account(name: string): Promise<ForgeAccount> {
    const user = { name, password: randomBytes(12).toString('hex') };
    await ForgeClient.withToken(this.url, this.owner.token).request('POST', '/admin/users', {
      ...{ username: name, password: user.password, email: `${name}@example.com`, must_change_password: false },
    });
    return tokenOf(this.url, user);
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

async function tokenOf(url: string, { name, password }: ForgeUser, title = 'first'): Promise<ForgeAccount> {
  const client = ForgeClient.withPassword(url, { name, password });
  const { sha1 } = await client.request<{ sha1: string }>('POST', `/users/${name}/tokens`, { name: title, scopes: ['all'] });
  return { name, password, token: sha1 };
}
