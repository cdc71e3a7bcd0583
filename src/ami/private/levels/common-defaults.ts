import { Size } from 'aws-cdk-lib';
import type { CommonLevelOptions } from '../../common-level-options';
import { TcpKeepalive } from '../../tcp-keepalive';

/** The options, complete. */
export function withDefaults(options: CommonLevelOptions): Required<CommonLevelOptions> {
  return {
    tcpKeepalive: options.tcpKeepalive ?? TcpKeepalive.standard(),
    openFilesOfMachine: options.openFilesOfMachine ?? 1_048_576,
    openFilesOfProcess: options.openFilesOfProcess ?? 65_536,
    kernelSettings: options.kernelSettings ?? {},
    runUser: options.runUser ?? 'atlantis',
    runUserId: options.runUserId ?? 4141,
    packages: options.packages ?? [],
    pythonRequirements: options.pythonRequirements ?? [],
    securityUpdates: options.securityUpdates ?? true,
    ssh: options.ssh ?? false,
    journalSize: options.journalSize ?? Size.gibibytes(1),
  };
}
