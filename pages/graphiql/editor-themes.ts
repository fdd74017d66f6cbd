import type { editor } from 'monaco-editor';

/** Colours of the editors' text, as `#rrggbb`: each reaches 4.5:1 on all that it can stand on. */
interface Palette {
  readonly base: editor.BuiltinTheme;
  /** GraphiQL's own colours behind the editors and behind the answer; what floats has the first. */
  readonly grounds: readonly [editors: string, answer: string];
  readonly ink: string;
  /** Line numbers and hints. */
  readonly soft: string;
  readonly accent: string;
  readonly field: string;
  readonly keyword: string;
  readonly variable: string;
  readonly type: string;
  readonly value: string;
  readonly number: string;
  readonly comment: string;
  readonly annotation: string;
  readonly wrong: string;
}

export const palettes = {
  light: {
    base: 'vs',
    grounds: ['#ffffff', '#eff1f4'],
    ink: '#1f2a3d',
    soft: '#566173',
    accent: '#c00581',
    field: '#1d55a8',
    keyword: '#a0066c',
    variable: '#5a4bc4',
    type: '#7d4e00',
    value: '#a1331c',
    number: '#0b6650',
    comment: '#4b6a35',
    annotation: '#75558f',
    wrong: '#b3261e',
  },
  dark: {
    base: 'vs-dark',
    grounds: ['#212a3b', '#2b3546'],
    ink: '#dce3ee',
    soft: '#a9b5c9',
    accent: '#ff85b3',
    field: '#8cc4ff',
    keyword: '#ff8fb8',
    variable: '#b9b4ff',
    type: '#f2c879',
    value: '#f5ab8c',
    number: '#8fdcbc',
    comment: '#a3c48d',
    annotation: '#d9b3f0',
    wrong: '#ff9a8f',
  },
} as const satisfies Readonly<Record<string, Palette>>;

/** Names for GraphiQL's `editorTheme`. */
export const editorTheme = { light: 'tributary-light', dark: 'tributary-dark' } as const;

const clear = '#00000000';
/* As suffixes of a colour: so little of it that text on top keeps its contrast. */
const aTenth = '19';
const aSeventh = '25';

/**
 * The theme of a palette, for `monaco.editor.defineTheme`. It stands on Monaco's own: whatever the languages of this
 * page make a token of has a rule here, the other rules there are for languages that never come.
 */
export function themeOf(palette: Palette): editor.IStandaloneThemeData {
  const { base, ink, soft, accent, wrong } = palette;
  const [ground] = palette.grounds;
  const tokens: Readonly<Record<string, string>> = {
    '': ink,
    delimiter: ink,
    operator: ink,
    key: palette.field,
    'string.key.json': palette.field,
    keyword: palette.keyword,
    'keyword.json': palette.keyword,
    'argument.identifier': palette.variable,
    type: palette.type,
    string: palette.value,
    'string.value.json': palette.value,
    number: palette.number,
    'number.hex': palette.number,
    comment: palette.comment,
    annotation: palette.annotation,
    invalid: wrong,
    'string.invalid': wrong,
    'string.escape.invalid': wrong,
  };
  const all = (color: string, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, color]));
  return {
    base,
    inherit: true,
    rules: Object.entries(tokens).map(([token, foreground]) => ({ token, foreground })),
    colors: {
      ...all(clear, ['editor.background', 'scrollbar.shadow']),
      ...all(ground, [
        'editorWidget.background',
        'editorHoverWidget.background',
        'editorSuggestWidget.background',
        'menu.background',
        'quickInput.background',
      ]),
      ...all(ink, [
        'foreground',
        'editor.foreground',
        'editor.findMatchForeground',
        'editor.findMatchHighlightForeground',
        'editorLineNumber.activeForeground',
        'editorBracketHighlight.foreground1',
        'quickInputList.focusForeground',
      ]),
      ...all(soft, [
        'descriptionForeground',
        'editorLineNumber.foreground',
        'editorLineNumber.dimmedForeground',
        'editorGhostText.foreground',
        'input.placeholderForeground',
      ]),
      ...all(accent, [
        'focusBorder',
        'textLink.foreground',
        'textLink.activeForeground',
        'editor.findMatchBorder',
        'editorLink.activeForeground',
        'editorSuggestWidget.selectedForeground',
        'editorWidget.resizeBorder',
        'list.highlightForeground',
        'list.focusHighlightForeground',
        'menu.selectionForeground',
        'pickerGroup.foreground',
      ]),
      ...all(`${accent}${aTenth}`, [
        'editor.findMatchBackground',
        'editor.findMatchHighlightBackground',
        'editorSuggestWidget.selectedBackground',
        'inputOption.hoverBackground',
        'list.hoverBackground',
        'menu.selectionBackground',
        'quickInputList.focusBackground',
        'toolbar.hoverBackground',
      ]),
      ...all(`${palette.field}${aSeventh}`, [
        'editor.selectionBackground',
        'editor.inactiveSelectionBackground',
      ]),
      'input.background': `${soft}${aTenth}`,
      'editorBracketHighlight.foreground2': palette.comment,
      'editorBracketHighlight.foreground3': palette.type,
      'editorBracketHighlight.unexpectedBracket.foreground': wrong,
    },
  };
}
