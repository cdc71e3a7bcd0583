import { SecretForm } from '../../../server/private/provider-config';

/** The flags of Atlantis 0.47.1, by what they take. A test compares them with the server itself. */
export const SWITCHES = words(`allow-draft-prs allow-fork-prs automerge autoplan-modules disable-apply-all disable-autoplan
  disable-global-apply-lock disable-markdown-folding disable-repo-locking discard-approval-on-plan enable-diff-markdown-format
  enable-drift-detection enable-drift-remediation enable-external-stores enable-policy-checks enable-profiling-api enable-regexp-cmd
  fail-on-pre-workflow-hook-error gh-allow-mergeable-bypass-apply gitlab-status-retry-enabled hide-prev-plan-comments
  hide-unchanged-plan-comments include-git-untracked-files parallel-apply parallel-plan pending-apply-status quiet-policy-checks
  redis-insecure-skip-verify redis-tls-enabled restrict-file-list silence-allowlist-errors silence-fork-pr-errors silence-no-projects
  silence-vcs-status-no-plans silence-vcs-status-no-projects skip-clone-no-changes tf-download tfe-local-execution-mode
  use-tf-plugin-cache web-basic-auth websocket-check-origin write-git-creds`);

export const NUMBERS = words(`checkout-depth gh-app-id gh-app-installation-id gitea-page-size max-comments-per-command parallel-pool-size
  port redis-db redis-port`);

const TEXTS = words(`allow-commands atlantis-url autodiscover-mode automerge-method autoplan-file-list autoplan-modules-from-projects
  azuredevops-hostname azuredevops-user azuredevops-webhook-user bitbucket-api-user bitbucket-base-url bitbucket-user blocked-extra-args
  checkout-strategy config data-dir default-tf-distribution default-tf-version disable-automerge-label disable-autoplan-label
  disable-unlock-label emoji-reaction executable-name gh-app-key-file gh-app-slug gh-hostname gh-org gh-team-allowlist gh-token-file
  gh-user gitea-base-url gitea-user gitlab-group-allowlist gitlab-hostname gitlab-user ignore-vcs-status-names language
  language-config-file locking-db-type log-level markdown-template-overrides-dir redis-cluster-addresses redis-host redis-username
  repo-allowlist repo-config repo-config-json share-plan-dir ssl-cert-file ssl-key-file stats-namespace tf-download-url tfe-hostname
  var-file-allowlist vcs-status-name web-username`);

/** What gives rights to who knows it. Headers of webhooks are where other services want their tokens. */
export const SECRETS = words(`api-secret azuredevops-token azuredevops-webhook-password bitbucket-token bitbucket-webhook-secret gh-app-key
  gh-token gh-webhook-secret gitea-token gitea-webhook-secret gitlab-token gitlab-webhook-secret redis-password slack-token tfe-token
  web-password webhook-http-headers`);

export const KNOWN: ReadonlySet<string> = new Set([...SWITCHES, ...NUMBERS, ...TEXTS, ...SECRETS]);

/** What the image itself decides, and the program on it refuses from everybody. */
export const OWN: ReadonlySet<string> = new Set(words('config data-dir ssl-cert-file ssl-key-file gh-app-key-file gh-token-file'));

/** What has an option of its own. */
export const OPTION_OF: { readonly [flag: string]: string } = {
  'atlantis-url': 'url',
  'default-tf-distribution': 'settings.defaultTfDistribution',
  'default-tf-version': 'settings.defaultTfVersion',
  'log-level': 'settings.logLevel',
  'parallel-pool-size': 'settings.parallelPoolSize',
  port: 'port',
  'repo-allowlist': 'repoAllowlist',
};

/** What a value of this flag has to look like. */
export function formOf(flag: string): SecretForm {
  if (flag === 'gh-app-key') return SecretForm.PEM;
  return NUMBERS.includes(flag) ? SecretForm.NUMBER : SecretForm.TEXT;
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
