import type { Wanted } from './files/files';
import type { Manifest } from './manifest/manifest';
import activate from './scripts/activate';
import activateFish from './scripts/activate.fish';
import deactivate from './scripts/deactivate';
import { renderScripts } from './scripts/render';

/** The scripts that start and end a session in a shell, with the manifest's values in their places. */
export function scriptsOf(manifest: Manifest): Wanted[] {
  const rendered = renderScripts(manifest, { templates: { activate, deactivate, 'activate.fish': activateFish } });
  return Object.entries(rendered).map(([file, text]) => ({ file, text }));
}
