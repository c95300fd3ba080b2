import type { JsonObject } from '../../protocol/messages.ts';

/**
 * Description and schema of a tool that Anthropic defines and the client runs (`bash_20250124`, `text_editor_…`,
 * `memory_…`, `computer_…`), whatever its date; undefined for any other type.
 */
export function clientToolSchema(type: string): { description: string; schema: JsonObject } | undefined {
  const family = /^(bash|text_editor|memory|computer)_\d+$/.exec(type)?.[1];
  return family === undefined ? undefined : clientTools[family];
}

function text(description: string): JsonObject {
  return { type: 'string', description };
}

function oneOf(...values: string[]): JsonObject {
  return { type: 'string', enum: values };
}

function integers(description: string, count: number): JsonObject {
  return { type: 'array', items: { type: 'integer' }, minItems: count, maxItems: count, description };
}

const lineEdits: JsonObject = {
  file_text: text('Content of the new file, for `create`'),
  old_str: text('Text to replace, exactly as it stands in the file and standing there once, for `str_replace`'),
  new_str: text('Text to put in its place, for `str_replace`'),
  insert_line: { type: 'integer', description: 'Line after which to insert, 0 for the beginning, for `insert`' },
  insert_text: text('Text to insert, for `insert`'),
  view_range: integers('First and last line to show, -1 for the end of the file, for `view`', 2),
};

const clientTools: Record<string, { description: string; schema: JsonObject }> = {
  bash: {
    description: 'Run a command in a bash session that lasts between calls.',
    schema: {
      type: 'object',
      properties: {
        command: text('The command to run; required unless the session is restarted'),
        restart: { type: 'boolean', description: 'True restarts the session' },
      },
    },
  },
  text_editor: {
    description: 'View, create and edit text files.',
    schema: {
      type: 'object',
      properties: {
        command: oneOf('view', 'create', 'str_replace', 'insert'),
        path: text('Path of the file or directory'),
        ...lineEdits,
      },
      required: ['command', 'path'],
    },
  },
  memory: {
    description: 'Read and write files that last between conversations, under /memories.',
    schema: {
      type: 'object',
      properties: {
        command: oneOf('view', 'create', 'str_replace', 'insert', 'delete', 'rename'),
        path: text('Path under /memories, for all commands but `rename`'),
        ...lineEdits,
        old_path: text('Path to rename, for `rename`'),
        new_path: text('Its new path, for `rename`'),
      },
      required: ['command'],
    },
  },
  computer: {
    description: 'Use the screen, mouse and keyboard of a computer.',
    schema: {
      type: 'object',
      properties: {
        action: oneOf(
          'screenshot',
          'cursor_position',
          'mouse_move',
          'left_click',
          'right_click',
          'middle_click',
          'double_click',
          'triple_click',
          'left_click_drag',
          'left_mouse_down',
          'left_mouse_up',
          'scroll',
          'key',
          'hold_key',
          'type',
          'wait',
          'zoom',
        ),
        coordinate: integers('x and y in pixels, for actions of the mouse', 2),
        start_coordinate: integers('Where a drag starts: x and y in pixels', 2),
        text: text('Text to type, or the key or keys to press'),
        scroll_direction: oneOf('up', 'down', 'left', 'right'),
        scroll_amount: { type: 'integer', description: 'How many clicks of the wheel' },
        duration: { type: 'number', description: 'Seconds, for `wait` and `hold_key`' },
        region: integers('The part of the screen to show: left, top, right, bottom in pixels, for `zoom`', 4),
      },
      required: ['action'],
    },
  },
};
