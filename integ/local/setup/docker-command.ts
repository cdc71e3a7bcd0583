import { type Docker, dockerEnvironment } from '../docker';
import { type CommandOptions, command } from './command';

/** Runs the docker command where `Docker.run` is too little: with a time limit, with signs of life, or for both outputs. */
export function dockerCommand(docker: Docker, args: string[], options: CommandOptions = {}): Promise<string> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('DOCKER_'));
  return command('docker', args, { ...options, onlyEnv: { ...Object.fromEntries(others), ...dockerEnvironment(docker.host) } });
}

/** The last lines that a container wrote, to either output. */
export function containerLogs(docker: Docker, container: string, lines = 20): Promise<string> {
  const logs = ['container', 'logs', '--tail', String(lines), container];
  return dockerCommand(docker, logs, { errorsToo: true }).catch((problem: Error) => problem.message);
}
