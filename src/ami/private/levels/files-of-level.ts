import { ComponentStep, type CreateFileProps } from '../../component-step';

/** Files by the names of their steps, behind a step that makes the folders: a system has not all of those for additions. */
export function createFiles(files: { readonly [name: string]: CreateFileProps }): ComponentStep[] {
  const folders = [...new Set(Object.values(files).map(({ path }) => path.slice(0, path.lastIndexOf('/'))))];
  return [
    ComponentStep.bash('Folders', [`install -d -m 0755 ${folders.join(' ')}`]),
    ...Object.entries(files).map(([name, file]) => ComponentStep.createFile(name, file)),
  ];
}
