import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Builds the image with buildah, without a daemon and without a registry, in a store of its own. Root alone can. */
export class ImageBuilder {
  readonly #folder = mkdtempSync(join(tmpdir(), 'router-image-'));
  readonly #root = fileURLToPath(new URL('../../', import.meta.url));

  /** The base that the Dockerfile names, made of Debian's packages and of the Node that runs here. */
  readonly base = /^FROM (\S+)/m.exec(readFileSync(join(this.#root, 'deploy/Dockerfile'), 'utf8'))![1]!;

  /** Makes the base. */
  makeBase(): void {
    const debian = join(this.#folder, 'debian');
    must('debootstrap', ['--variant=minbase', 'bookworm', debian]);
    must('tar', ['-C', debian, '-cf', `${debian}.tar`, '.']);
    const container = this.#buildah('from', 'scratch');
    this.#buildah('add', container, `${debian}.tar`, '/');
    const node = realpathSync(process.execPath);
    this.#buildah('copy', container, node, '/usr/local/bin/node');
    this.#buildah('copy', container, join(dirname(node), '../lib/node_modules/npm'), '/usr/local/lib/node_modules/npm');
    const npm = 'ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm';
    this.run(container, `${npm} && useradd --uid 1000 --create-home node`);
    const certificates = process.env.NODE_EXTRA_CA_CERTS;
    if (certificates !== undefined && existsSync(certificates)) {
      this.#buildah('copy', container, certificates, '/etc/ssl/extra.crt');
      this.#buildah('config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/ssl/extra.crt', container);
    }
    this.#buildah('commit', '--format', 'docker', container, this.base);
    this.#buildah('rm', container);
  }

  /** Builds the image and returns its name. */
  build(): string {
    const image = 'localhost/claude-code-router';
    const flags = ['--pull-never', '--format', 'docker', '--isolation', 'chroot', '--tag', image];
    this.#buildah('bud', ...flags, '--file', join(this.#root, 'deploy/Dockerfile'), this.#root);
    return image;
  }

  /** What the image says of itself. */
  settings(image: string): Record<string, unknown> {
    return JSON.parse(this.#buildah('inspect', '--type', 'image', image)).Docker.config;
  }

  /** A container of an image: its name, and where its files are. */
  container(image: string): { name: string; files: string } {
    const name = this.#buildah('from', '--pull-never', image);
    return { name, files: this.#buildah('mount', name) };
  }

  /** Runs a line of shell in a container to its end; returns what it printed. */
  run(container: string, line: string, ...variables: string[]): string {
    return this.#buildah(...this.#runFlags(container, variables), 'sh', '-c', line);
  }

  /** The command that runs a line of shell in a container. */
  command(container: string, line: string, ...variables: string[]): [string, ...string[]] {
    return ['buildah', ...this.#store(), ...this.#runFlags(container, variables), 'sh', '-c', line];
  }

  /** Removes all that was made. */
  remove(): void {
    must('rm', ['-rf', this.#folder]);
  }

  #runFlags(container: string, variables: readonly string[]): string[] {
    return ['run', '--isolation', 'chroot', ...variables.flatMap((line) => ['--env', line]), container, '--'];
  }

  #store(): string[] {
    return ['--storage-driver', 'vfs', '--root', join(this.#folder, 'store'), '--runroot', join(this.#folder, 'run')];
  }

  #buildah(...args: string[]): string {
    return must('buildah', [...this.#store(), ...args]);
  }
}

/** Size of a folder and all in it, in MB of a million bytes. */
export function megabytesOf(folder: string): number {
  return Number.parseInt(must('du', ['--summarize', '--bytes', folder]), 10) / 1e6;
}

function must(program: string, args: string[]): string {
  const ran = spawnSync(program, args, { encoding: 'utf8', timeout: 240_000, maxBuffer: 2 ** 26 });
  if (ran.error) throw ran.error;
  if (ran.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.status}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout.trim();
}
