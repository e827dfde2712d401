import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './backend/tauri';
import './base.css';
import { speak } from './words/index.svelte';

speak(navigator.language);
mount(App, { target: document.getElementById('app')!, props: { backend: app } });
